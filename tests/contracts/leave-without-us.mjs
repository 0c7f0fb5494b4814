#!/usr/bin/env node
// Follows docs/leave-without-us.md on a chain: every call is built from a signature that stands in that page, as an
// explorer would build it. Inflows are paused, the guard is closed, and no server of ours runs. Somebody else does on a node
// that has retired what the page says not to do, and is paid less. Exits 1 if a holder is not paid to the juel.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { concat, createTestClient, encodeAbiParameters, encodePacked, http, parseAbiParameters, publicActions } from 'viem'
import { encodeDeployData, encodeFunctionData, toFunctionSelector, walletActions, zeroAddress } from 'viem'
import { foundry } from 'viem/chains'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const LINK = 10n ** 18n
const DAY = 86_400

const artifact = (name) => JSON.parse(readFileSync(join(root, 'abi', `${name}.json`), 'utf8'))
const page = readFileSync(join(root, 'docs/leave-without-us.md'), 'utf8')
const signatures = new Map([...page.matchAll(/\b(\w+)\(((?:address|uint\d+)(?:,(?:address|uint\d+))*)\)/g)].map((found) => [found[1], found[2]]))

/** Calldata as an explorer makes it from the page's signature. */
function fromPage(name, ...values) {
  const types = signatures.get(name)
  assert(types, `the page does not say how to call ${name}`)
  return concat([toFunctionSelector(`${name}(${types})`), encodeAbiParameters(parseAbiParameters(types), values)])
}

async function startAnvil() {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const anvil = spawn(join(root, `node_modules/@foundry-rs/anvil-${platform}/bin/anvil`), ['--port', '0'])
  const port = await new Promise((resolve, reject) => {
    let output = ''
    anvil.stdout.on('data', (text) => {
      output += text
      const found = /Listening on [\d.]+:(\d+)/.exec(output)
      if (found) resolve(found[1])
    })
    anvil.on('exit', () => reject(new Error(`anvil ended: ${output}`)))
  })
  return { anvil, url: `http://127.0.0.1:${port}` }
}

async function main() {
  const { anvil, url } = await startAnvil()
  try {
    await leave(createTestClient({ mode: 'anvil', chain: foundry, transport: http(url), pollingInterval: 20 }).extend(publicActions).extend(walletActions))
  } finally {
    anvil.kill()
  }
}

async function leave(chain) {
  const [operator, holder, stranger, sink, hasty] = await chain.getAddresses()
  const node = '0x00000000000000000000000000000000000000a1'
  const retiring = '0x00000000000000000000000000000000000000a2'
  const alike = '0x00000000000000000000000000000000000000a3'
  const link = artifact('LinkToken')
  const poolArtifact = artifact('StakingPool')

  const send = async (account, to, data) => {
    const receipt = await chain.waitForTransactionReceipt({ hash: await chain.sendTransaction({ account, to, data, gas: 1_000_000n }) })
    assert.equal(receipt.status, 'success')
    return receipt
  }
  const deploy = async ({ abi, bytecode }, args = []) => {
    const data = encodeDeployData({ abi, bytecode: bytecode.object, args })
    const hash = await chain.sendTransaction({ account: operator, data, gas: 15_000_000n })
    return (await chain.waitForTransactionReceipt({ hash })).contractAddress
  }
  const token = await deploy(link)
  const timelock = await deploy(artifact('TimelockController'), [BigInt(28 * DAY), [operator], [operator], zeroAddress])
  const setup = {
    link: token, owner: timelock, sink, feeRecipient: operator, feeBps: 500, maxShareBps: 1_000, defaultCapLink: 100_000,
    ceiling: 1_000, reported: 1_000, registrationBurst: 10, registrationsPerDay: 10, prooflessAllowed: true,
    grants: [{ account: operator, roles: 15 }],
  }
  const pool = await deploy(poolArtifact, [setup])
  const operate = (functionName, ...args) => send(operator, pool, encodeFunctionData({ abi: poolArtifact.abi, functionName, args }))
  const onLink = (account, functionName, ...args) => send(account, token, encodeFunctionData({ abi: link.abi, functionName, args }))
  const word = (wallet, amount) => encodePacked(['address', 'uint96'], [wallet, amount])
  const balance = async (account) => chain.readContract({ address: token, abi: link.abi, functionName: 'balanceOf', args: [account] })
  const read = async (name, index, ...values) => {
    const { data } = await chain.call({ to: pool, data: fromPage(name, ...values) })
    return BigInt(`0x${data.slice(2 + 64 * index, 66 + 64 * index)}`)
  }
  const wait = async (seconds) => {
    await chain.increaseTime({ seconds })
    await chain.mine({ blocks: 1 })
  }

  await operate('registerNode', node, 0n, '0x')
  await operate('registerNode', retiring, 0n, '0x')
  await operate('registerNode', alike, 0n, '0x')
  await onLink(operator, 'transfer', holder, 1_000n * LINK)
  await onLink(operator, 'transfer', hasty, 400n * LINK)
  await onLink(hasty, 'transferAndCall', pool, 400n * LINK, word(alike, 400n * LINK))
  await onLink(holder, 'transferAndCall', pool, 1_000n * LINK, concat([word(node, 600n * LINK), word(retiring, 400n * LINK)]))
  const rewards = [node, retiring, alike].map((wallet) => word(wallet, 100n * LINK))
  await onLink(operator, 'transferAndCall', pool, 300n * LINK, concat(['0x52575244', ...rewards]))
  await operate('retireNode', retiring, 1n)
  await operate('retireNode', alike, 2n)
  // The page says not to: at the same moment as on the other node he is paid, and what has not vested goes to the sink.
  await send(hasty, pool, fromPage('unbond', alike, await read('positionOf', 0, alike, hasty)))
  await wait(8 * DAY)
  await operate('reportNetwork', 0)
  await operate('closeNode', node)
  const { timestamp } = await chain.getBlock()
  await operate('pause', Number(timestamp) + 7 * DAY - 60)

  // The page, step by step.
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
  await send(hasty, pool, fromPage('withdraw', alike, hasty, 0))
  await send(hasty, pool, fromPage('claim', alike, hasty))
  const forgone = 495n * LINK - (await balance(hasty))
  assert(forgone > 94n * LINK && forgone <= 95n * LINK, `unbonding on a retired node cost ${forgone} juels`)
  const { sinkOwed } = await chain.readContract({ address: pool, abi: poolArtifact.abi, functionName: 'totals' })
  assert(sinkOwed <= forgone && sinkOwed > forgone - 1_000n, `the sink has ${sinkOwed} of ${forgone} juels`)

  const expected = 1_000n * LINK + 2n * 95n * LINK
  const paid = await balance(holder)
  assert(paid <= expected && paid > expected - 1_000n, `the holder has ${paid} of ${expected} juels`)
  console.log(`left with ${paid} juels: all stake and rewards, but for ${expected - paid} juels of rounding`)
}

await main()
