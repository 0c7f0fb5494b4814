#!/usr/bin/env node
// Compiles broken variants of the contract and runs the tests against each: every one of them has to fail.
//
//   node tests/contracts/mutants/run.mjs elsewhere   the named variants, each against the one test that must see it
//   node tests/contracts/mutants/run.mjs mutations   small mutations of accounting and role checks, against all unit tests
//   node tests/contracts/mutants/run.mjs earnings    mutations of each line of NodeEarnings, against its tests
//
// The contracts in the working tree are not touched. A second argument selects by a part of the name, a third skips as many. Needs a finished
// `forge build`, for the tests. Exits 1 if a variant survives.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { earnings } from './earnings.mjs'
import { elsewhere } from './elsewhere.mjs'
import { mutations } from './mutations.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const solc = createRequire(join(root, 'package.json'))('solc')
const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
const forge = join(root, `node_modules/@foundry-rs/forge-${platform}/bin/forge`)
const artifacts = join(root, 'out/mutants')

// A variant only has to behave, so it is optimized just enough for its stack to be shallow: it compiles in half the time.
const yulDetails = { stackAllocation: true, optimizerSteps: 'dhfoDgvulfnTUtnIf:' }
const settings = {
  evmVersion: 'cancun',
  viaIR: true,
  optimizer: { enabled: true, runs: 1, details: { inliner: false, constantOptimizer: false, yul: true, yulDetails } },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}
const pool = { entry: 'contracts/StakingPool.sol', name: 'StakingPool', variable: 'POOL_ARTIFACT' }
const factory = { entry: 'contracts/NodeEarnings.sol', name: 'NodeEarningsFactory', variable: 'EARNINGS_ARTIFACT' }

function source(path) {
  return readFileSync(join(root, path.startsWith('@') ? 'node_modules' : '.', path), 'utf8')
}

function compile(edits, { entry, name }) {
  const changed = new Map()
  for (const { file, find, replace } of edits) {
    const text = changed.get(file) ?? source(file)
    if (text.split(find).length < 2) throw new Error(`${file} does not contain: ${find}`)
    changed.set(file, text.replace(find, () => replace))
  }
  const read = (path) => changed.get(path) ?? source(path)
  const input = { language: 'Solidity', sources: { [entry]: { content: read(entry) } }, settings }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) }))
  const errors = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (errors.length > 0) throw new Error(errors[0].formattedMessage)
  const contract = output.contracts[entry][name]
  return { abi: contract.abi, bytecode: { object: `0x${contract.evm.bytecode.object}` } }
}

function testsFail(artifact, { variable }, filter) {
  const run = spawnSync(forge, ['test', '--fail-fast', ...filter], {
    cwd: root,
    env: { ...process.env, [variable]: artifact },
    encoding: 'utf8',
  })
  if (!/tests? passed/.test(run.stdout)) throw new Error(`forge did not run: ${run.stdout}${run.stderr}`)
  return run.status !== 0
}

const allUnitTests = ['--no-match-contract', 'GasTest|InvariantsTest|EarningsFlowTest', '--no-match-test', 'test_the_code_fits_a_contract']
const earningsTests = ['--match-contract', '^EarningsTest$']
const of = (contract, filter) => (mutation) => ({ ...mutation, test: mutation.name, contract, filter })
const suites = {
  elsewhere: elsewhere.map((variant) => ({ ...variant, contract: pool, filter: ['--match-test', `^${variant.test}`] })),
  mutations: mutations.map(of(pool, allUnitTests)),
  earnings: earnings.map(of(factory, earningsTests)),
}
const [suite, part = '', from = '0'] = process.argv.slice(2)
if (!suites[suite]) {
  console.error(`unknown suite ${suite ?? ''}; use one of: ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}

function isSeen(edits, contract, filter) {
  const artifact = join('out/mutants', `${process.pid}.json`)
  writeFileSync(join(root, artifact), JSON.stringify(compile(edits, contract)))
  try {
    return testsFail(artifact, contract, filter)
  } finally {
    rmSync(join(root, artifact))
  }
}

mkdirSync(artifacts, { recursive: true })
execFileSync(forge, ['build', '--quiet'], { cwd: root })
const chosen = suites[suite].filter(({ test }) => test.includes(part)).slice(Number(from))
// Tests that fail on the contract as it is would make every variant look seen.
const { contract: subject } = suites[suite][0]
if (isSeen([], subject, subject === pool ? allUnitTests : earningsTests)) throw new Error('the tests fail on the unbroken contract')
let survivors = 0
for (const { test, edits, contract, filter } of chosen) {
  const killed = isSeen(edits, contract, filter)
  if (!killed) survivors += 1
  console.log(`${killed ? 'red     ' : 'SURVIVED'} ${test}`)
}
console.log(`${chosen.length} variants, ${chosen.length - survivors} seen red, ${survivors} survived`)
process.exit(survivors === 0 ? 0 : 1)
