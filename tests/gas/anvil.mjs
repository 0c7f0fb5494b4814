// Repeats on anvil, under the rules of Osaka, every transaction that `linkpool-gas` made, which it reads as JSON, and holds the gas of
// each receipt against it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const GAS_PRICE = '0x0'
const GAS_LIMIT = '0x1000000'
/** A test contract's first nonce, with which the harness starts its operator too. */
const FIRST_NONCE = '0x1'

async function startAnvil(timestamp) {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const options = ['--port', '0', '--hardfork', 'osaka', '--chain-id', '31337', '--no-mining', '--order', 'fifo', '--auto-impersonate',
    '--gas-price', '0', '--base-fee', '0', '--gas-limit', '200000000', '--timestamp', String(timestamp)]
  const anvil = spawn(join(root, `node_modules/@foundry-rs/anvil-${platform}/bin/anvil`), options)
  const port = await new Promise((resolve, reject) => {
    let output = ''
    anvil.stdout.on('data', (part) => {
      output += part
      const found = /Listening on [\d.]+:(\d+)/.exec(output)
      if (found) resolve(found[1])
    })
    anvil.on('exit', () => reject(new Error(`anvil ended: ${output}`)))
  })
  let id = 0
  const rpc = async (method, ...params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: (id += 1), method, params })
    const answer = await (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result
  }
  return { anvil, rpc }
}

/** All that happened in the same second goes into one block. */
async function repeat(rpc, name, transactions) {
  for (let first = 0, next = 0; first < transactions.length; first = next) {
    const { at } = transactions[first]
    const hashes = []
    for (next = first; transactions[next]?.at === at; next += 1) {
      const { from, to, data } = transactions[next]
      hashes.push(await rpc('eth_sendTransaction', { from, to: to ?? undefined, data, gas: GAS_LIMIT, gasPrice: GAS_PRICE }))
    }
    await rpc('evm_setNextBlockTimestamp', at)
    await rpc('evm_mine')
    for (const [index, hash] of hashes.entries()) {
      const { status, gasUsed } = await rpc('eth_getTransactionReceipt', hash)
      assert.equal(status, '0x1', `${name}: transaction ${first + index} was refused by anvil`)
      assert.equal(Number(gasUsed), transactions[first + index].gasUsed, `${name}: the gas of transaction ${first + index}`)
    }
  }
}

const { rows } = JSON.parse(await text(process.stdin))
const [opening] = rows[0].transactions
const { anvil, rpc } = await startAnvil(opening.at - 1)
let count = 0
try {
  await rpc('anvil_setNonce', opening.from, FIRST_NONCE)
  for (const { name, transactions } of rows) {
    const start = await rpc('evm_snapshot')
    await repeat(rpc, name, transactions)
    await rpc('evm_revert', start)
    count += transactions.length
  }
  console.log(`${count} receipts of ${await rpc('web3_clientVersion')} say the same`)
} finally {
  anvil.kill()
}
