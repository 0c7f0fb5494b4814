#!/usr/bin/env node
// Follows docs/migrating.md on a chain: two pools, three nodes, a holder who waits and one who leaves at the announcement, and real
// timelocks. Exits 1 if a holder is not paid, to the juel, what the page says, or not on the day it says.
import assert from 'node:assert/strict'
import { concat, encodeFunctionData, zeroHash } from 'viem'
import { DAY, LINK, REWARD, artifact, callsOf, onChain, word } from './walkthrough.mjs'

const fromPage = callsOf('docs/migrating.md')
const NODES = ['0x00000000000000000000000000000000000000a1', '0x00000000000000000000000000000000000000a2', '0x00000000000000000000000000000000000000a3']
const STAKE = 300n * LINK
const { abi: timelockAbi } = artifact('TimelockController')

await onChain(async (chain, { send, newPool, newTimelock, call, view, onLink, balance, wait }) => {
  const [operator, patient, leaver, , stranger] = await chain.getAddresses()
  const timelock = await newTimelock()
  const old = await newPool(timelock)
  const now = async () => Number((await chain.getBlock()).timestamp)
  const stakeOn = (pool, holder, amount) => onLink(holder, 'transferAndCall', pool, amount * 3n, concat(NODES.map((node) => word(node, amount))))
  const reward = (amount) => onLink(operator, 'transferAndCall', old, amount * 3n, concat([REWARD, ...NODES.map((node) => word(node, amount))]))
  const onTimelock = (functionName, data, ...delay) =>
    send(operator, timelock, encodeFunctionData({ abi: timelockAbi, functionName, args: [old, 0n, data, zeroHash, zeroHash, ...delay] }))

  for (const node of NODES) await call(operator, old, 'registerNode', node, 0n, '0x')
  for (const holder of [patient, leaver]) {
    await onLink(operator, 'transfer', holder, 3n * STAKE)
    await stakeOn(old, holder, STAKE)
  }

  // Day 0: the successor stands, the old nodes are closed, and the retirements are announced.
  const announced = await now()
  const successor = await newPool(await newTimelock())
  for (const node of NODES) await call(operator, successor, 'registerNode', node, 0n, '0x')
  for (const node of NODES) await send(operator, old, fromPage('closeNode', node))
  await assert.rejects(call(stranger, old, 'stake', NODES[0], LINK), 'new stake came in')
  const retirements = NODES.map((node, index) => fromPage('retireNode', node, BigInt(index)))
  for (const retirement of retirements) await onTimelock('schedule', retirement, BigInt(28 * DAY))
  for (const node of NODES) await call(leaver, old, 'unbond', node, STAKE)

  // Day 28: the last rewards, and the retirements, which were possible no sooner.
  await wait(announced + 27 * DAY - (await now()))
  await assert.rejects(onTimelock('execute', retirements[0]), 'retired before the notice was over')
  await wait(DAY + 3_600)
  await reward(100n * LINK)
  for (const retirement of retirements) await onTimelock('execute', retirement)
  const retiredAt = await now()
  for (const node of NODES) await send(leaver, old, fromPage('withdraw', node, leaver, 0))
  assert.equal(await balance(leaver), 3n * STAKE, 'whoever left at the announcement is paid when the nodes retire')

  // Day 56, and not before: a stranger has the patient holder paid, in one transaction.
  const everything = NODES.flatMap((node) => [fromPage('withdrawRetired', node, patient), fromPage('claim', node, patient)])
  await wait(retiredAt + 28 * DAY - 60 - (await now()))
  await assert.rejects(call(stranger, old, 'multicall', everything), 'paid before the 28 days were over')
  await wait(3_600)
  await call(stranger, old, 'multicall', everything)
  const paid = await balance(patient)
  const expected = 3n * STAKE + 3n * 95n * LINK
  assert(paid <= expected && paid > expected - 1_000n, `the holder has ${paid} of ${expected} juels`)
  const vestedBy = (await view(old, 'nodeOf', NODES[0])).vestEnd
  assert(Number(vestedBy) >= retiredAt, 'the last rewards vest after the retirement')

  // And in again.
  for (const holder of [patient, leaver]) await stakeOn(successor, holder, STAKE)
  await send(operator, old, fromPage('payFees'))
  await send(stranger, old, fromPage('paySink'))
  const { accounted, feesOwed, sinkOwed } = await view(old, 'totals')
  assert(feesOwed === 0n && sinkOwed === 0n && accounted < 1_000n, `the old pool still holds ${accounted} juels`)
  assert.equal((await view(successor, 'totals')).accounted, 6n * STAKE)
  console.log(`moved ${6n * STAKE} juels of stake; the old pool keeps ${accounted} juels of rounding`)
})
