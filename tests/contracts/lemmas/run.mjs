#!/usr/bin/env node
// Proves every lemma, one line each. An argument selects by a part of the name. Exits 1 unless all are proven.
import assert from 'node:assert/strict'
import { buckets } from './buckets.mjs'
import { lemma, prove } from './lemma.mjs'
import { rewards } from './rewards.mjs'
import { shares } from './shares.mjs'
import { concentration, searchWorst } from './worst.mjs'

// What must not be proven: a prover that accepts everything would accept the lemmas too.
const untrue = [
  lemma('subtraction is grouped from the left', [], 'a - b - c == a - (b - c)'),
  lemma('products come before sums', [], 'a + b * c == (a + b) * c'),
  lemma('nothing follows from a contradiction', ['a < b < a'], 'a == b'),
]
await prove(untrue, (name, fault) => assert(fault, `an untrue claim counts as proven: ${name}`))

const part = process.argv[2] ?? ''
const chosen = [...shares, ...rewards, ...buckets, ...concentration].filter(({ name }) => name.includes(part))
let proven = 0
let failed = 0
const report = (name, fault) => {
  if (fault) failed += 1
  else proven += 1
  console.log(fault ? `FAILED ${name}: ${fault}` : `proven ${name}`)
}
await prove(chosen, report)
if (part === '' || 'worst'.includes(part)) console.log(await searchWorst(report))
console.log(`${proven} lemmas proven, ${failed} failed`)
// z3's threads would keep the process alive.
process.exit(failed === 0 && proven > 0 ? 0 : 1)
