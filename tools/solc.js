#!/usr/bin/env node
// The solc command line that forge and foundry-compilers expect, over the solc npm package.
const solc = require('solc')
const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (args.includes('--standard-json')) {
  process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')))
} else {
  console.error(`solc.js: unsupported arguments: ${args.join(' ')}; use --version or --standard-json`)
  process.exit(1)
}
