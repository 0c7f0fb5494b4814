#!/usr/bin/env node
// The solc command line that forge and foundry-compilers expect, over the solc npm packages. The name it is called by
// says which package: `solc-0.4.16.js` is a link to this file and takes `solc-0.4.16`.
const name = require('path').basename(process.argv[1], '.js')
const solc = require(name)
const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (args.includes('--standard-json')) {
  // Before 0.5 the package has the same function under another name.
  const compile = solc.compileStandardWrapper ?? solc.compile
  process.stdout.write(compile(require('fs').readFileSync(0, 'utf8')))
} else {
  console.error(`${name}.js: unsupported arguments: ${args.join(' ')}; use --version or --standard-json`)
  process.exit(1)
}
