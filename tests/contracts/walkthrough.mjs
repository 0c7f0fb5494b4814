// For tests that follow a page of docs/ on a chain: anvil, LINK, pools, and calls built from the signatures that stand in the page.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { concat, createTestClient, encodeAbiParameters, encodeDeployData, encodeFunctionData, encodePacked, http } from 'viem'
import { parseAbiParameters, publicActions, toFunctionSelector, walletActions, zeroAddress } from 'viem'
import { foundry } from 'viem/chains'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const LINK = 10n ** 18n
export const DAY = 86_400
/** What makes a transfer of LINK a reward. */
export const REWARD = '0x52575244'

export const artifact = (name) => JSON.parse(readFileSync(join(root, 'abi', `${name}.json`), 'utf8'))
export const word = (wallet, amount) => encodePacked(['address', 'uint96'], [wallet, amount])

/** Calldata as an explorer makes it from the page's signature. */
export function callsOf(path) {
  const page = readFileSync(join(root, path), 'utf8')
  const signatures = new Map([...page.matchAll(/\b(\w+)\(((?:(?:address|uint\d+)(?:,(?:address|uint\d+))*)?)\)/g)].map((found) => [found[1], found[2]]))
  return (name, ...values) => {
    const types = signatures.get(name)
    assert(types !== undefined, `${path} does not say how to call ${name}`)
    return concat([toFunctionSelector(`${name}(${types})`), types ? encodeAbiParameters(parseAbiParameters(types), values) : '0x'])
  }
}

/** Runs `walk` on a chain of its own. */
export async function onChain(walk) {
  const { anvil, url } = await startAnvil()
  try {
    const chain = createTestClient({ mode: 'anvil', chain: foundry, transport: http(url), pollingInterval: 20 }).extend(publicActions).extend(walletActions)
    await walk(chain, await deployed(chain))
  } finally {
    anvil.kill()
  }
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

/** LINK, and what it takes to deploy pools and call them; the first account has every role of each. */
async function deployed(chain) {
  const [operator, , , sink] = await chain.getAddresses()
  const link = artifact('LinkToken')
  const { abi } = artifact('StakingPool')
  const send = async (account, to, data) => {
    const receipt = await chain.waitForTransactionReceipt({ hash: await chain.sendTransaction({ account, to, data, gas: 2_000_000n }) })
    assert.equal(receipt.status, 'success')
    return receipt
  }
  const deploy = async ({ abi, bytecode }, args = []) => {
    const data = encodeDeployData({ abi, bytecode: bytecode.object, args })
    const hash = await chain.sendTransaction({ account: operator, data, gas: 15_000_000n })
    return (await chain.waitForTransactionReceipt({ hash })).contractAddress
  }
  const token = await deploy(link)
  const newPool = async (owner) =>
    deploy(artifact('StakingPool'), [{
      link: token, owner, sink, feeRecipient: operator, feeBps: 500, maxShareBps: 1_000, defaultCapLink: 100_000,
      ceiling: 1_000, reported: 1_000, registrationBurst: 10, registrationsPerDay: 10, prooflessAllowed: true,
      grants: [{ account: operator, roles: 15 }],
    }])
  return {
    send,
    newPool,
    newTimelock: () => deploy(artifact('TimelockController'), [BigInt(28 * DAY), [operator], [operator], zeroAddress]),
    call: (account, to, functionName, ...args) => send(account, to, encodeFunctionData({ abi, functionName, args })),
    view: (pool, functionName, ...args) => chain.readContract({ address: pool, abi, functionName, args }),
    onLink: (account, functionName, ...args) => send(account, token, encodeFunctionData({ abi: link.abi, functionName, args })),
    balance: (account) => chain.readContract({ address: token, abi: link.abi, functionName: 'balanceOf', args: [account] }),
    wait: async (seconds) => {
      await chain.increaseTime({ seconds })
      await chain.mine({ blocks: 1 })
    },
  }
}
