#!/usr/bin/env node
// Follows docs/leave-without-us.md on a chain: every call is built from a signature that stands in that page, as an
// explorer would build it. Inflows are paused, the guard is closed, and no server of ours runs. Somebody else does on a node
// that has retired what the page says not to do, and is paid less. Exits 1 if a holder is not paid to the juel.
import assert from 'node:assert/strict'
import { concat } from 'viem'
import { DAY, LINK, REWARD, artifact, callsOf, onChain, word } from './walkthrough.mjs'

const fromPage = callsOf('docs/leave-without-us.md')

await onChain(async (chain, { send, newPool, newTimelock, call, view, onLink, balance, wait }) => {
  const [operator, holder, stranger, , hasty] = await chain.getAddresses()
  const node = '0x00000000000000000000000000000000000000a1'
  const retiring = '0x00000000000000000000000000000000000000a2'
  const alike = '0x00000000000000000000000000000000000000a3'
  // The owner acts by itself here: that it has to wait is not this page's.
  const owner = await newTimelock()
  await chain.impersonateAccount({ address: owner })
  await chain.setBalance({ address: owner, value: LINK })
  const pool = await newPool(owner)
  const operate = (functionName, ...args) => call(operator, pool, functionName, ...args)
  const read = async (name, index, ...values) => {
    const { data } = await chain.call({ to: pool, data: fromPage(name, ...values) })
    return BigInt(`0x${data.slice(2 + 64 * index, 66 + 64 * index)}`)
  }

  for (const wallet of [node, retiring, alike]) await operate('registerNode', wallet, 0n, '0x')
  await onLink(operator, 'transfer', holder, 1_000n * LINK)
  await onLink(operator, 'transfer', hasty, 400n * LINK)
  await onLink(hasty, 'transferAndCall', pool, 400n * LINK, word(alike, 400n * LINK))
  await onLink(holder, 'transferAndCall', pool, 1_000n * LINK, concat([word(node, 600n * LINK), word(retiring, 400n * LINK)]))
  const rewards = [node, retiring, alike].map((wallet) => word(wallet, 100n * LINK))
  await onLink(operator, 'transferAndCall', pool, 300n * LINK, concat([REWARD, ...rewards]))
  await call(owner, pool, 'retireNode', retiring, 1n)
  await call(owner, pool, 'retireNode', alike, 2n)
  // The page says not to: at the same moment as on the other node he is paid, and what has not vested goes to the sink.
  await send(hasty, pool, fromPage('unbond', alike, await read('positionOf', 0, alike, hasty)))
  await wait(8 * DAY)
  await operate('reportNetwork', 0)
  await operate('closeNode', node)
  const { timestamp } = await chain.getBlock()
  await operate('pause', Number(timestamp) + 7 * DAY - 60)

  // The page, step by step.
  assert((await read('nodeOf', 2, retiring)) > 0n && (await read('nodeOf', 2, node)) === 0n, 'which of the nodes has retired')
  const shares = await read('positionOf', 0, node, holder)
  const ticket = await read('positionOf', 2, node, holder)
  assert.equal(shares, 600n * LINK)
  await send(holder, pool, fromPage('unbond', node, shares))
  await send(holder, pool, fromPage('claim', node, holder))
  const readyAt = await read('ticketOf', 1, node, holder, Number(ticket))
  await wait(Number(readyAt - (await chain.getBlock()).timestamp) - 60)
  await assert.rejects(chain.call({ account: holder, to: pool, data: fromPage('withdraw', node, holder, Number(ticket)) }))
  await wait(60)
  await send(holder, pool, fromPage('withdraw', node, holder, Number(ticket)))
  await send(stranger, pool, fromPage('withdrawRetired', retiring, holder))
  await send(stranger, pool, fromPage('claim', retiring, holder))
  // What was paid out by somebody else cannot be unbonded any more, and says so.
  const { abi } = artifact('StakingPool')
  const late = chain.simulateContract({ account: holder, address: pool, abi, functionName: 'unbond', args: [retiring, 400n * LINK] })
  await assert.rejects(late, /NotEnoughShares[^]*\(400000000000000000000, 0\)/)

  await send(hasty, pool, fromPage('withdraw', alike, hasty, 0))
  await send(hasty, pool, fromPage('claim', alike, hasty))
  const forgone = 495n * LINK - (await balance(hasty))
  assert(forgone > 94n * LINK && forgone <= 95n * LINK, `unbonding on a retired node cost ${forgone} juels`)
  const { sinkOwed } = await view(pool, 'totals')
  assert(sinkOwed <= forgone && sinkOwed > forgone - 1_000n, `the sink has ${sinkOwed} of ${forgone} juels`)

  const expected = 1_000n * LINK + 2n * 95n * LINK
  const paid = await balance(holder)
  assert(paid <= expected && paid > expected - 1_000n, `the holder has ${paid} of ${expected} juels`)
  console.log(`left with ${paid} juels: all stake and rewards, but for ${expected - paid} juels of rounding`)
})
