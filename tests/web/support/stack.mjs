// Where the page under test runs: a stack that the caller started (LINKPOOL_URL, LINKPOOL_RPC), or one started here from
// the executable LINKPOOL_BIN.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const READY_WITHIN_MS = 180_000;
const STOPPED_WITHIN_MS = 20_000;

/** `options` and `settings` (LINKPOOL__SECTION__KEY) are for the stack that is started here.
 * @returns {Promise<{url: string, rpcUrl: string, operator: {url: string, token: string}, stop(): Promise<void>}>} */
export async function openStack(options = [], settings = {}) {
  const { LINKPOOL_URL: url, LINKPOOL_RPC: rpcUrl, LINKPOOL_BIN: executable } = process.env;
  if (url && rpcUrl) {
    const { LINKPOOL_OPERATOR: operator_url, LINKPOOL_OPERATOR_TOKEN_FILE: operator_token_file = ".linkpool/operator-token" } = process.env;
    return { url: url.replace(/\/$/, ""), rpcUrl, operator: await operatorOf({ operator_url, operator_token_file }), stop: async () => {} };
  }
  if (!executable) throw new Error("set LINKPOOL_URL and LINKPOOL_RPC to a running stack, or LINKPOOL_BIN to the executable");
  return startStack(executable, options, settings);
}

async function operatorOf({ operator_url: url, operator_token_file: file }) {
  return { url, token: (await readFile(file, "utf8")).trim() };
}

async function startStack(executable, options, settings) {
  const child = spawn(executable, ["dev", "--ephemeral", "--listen", "127.0.0.1:0", "--json", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...settings },
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGTERM"), STOPPED_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    const ready = await Promise.race([readReady(child.stdout), exited.then(failed), deadline()]);
    return { url: ready.url.replace(/\/$/, ""), rpcUrl: ready.rpc_url, operator: await operatorOf(ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readReady(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    const ready = parseReady(line);
    if (!ready) continue;
    stdout.resume();
    return ready;
  }
  throw new Error("linkpool dev ended its output without a ready line");
}

function parseReady(line) {
  try {
    return JSON.parse(line).ready ?? null;
  } catch {
    return null;
  }
}

function failed(code) {
  throw new Error(`linkpool dev exited with ${code} before it was ready`);
}

function deadline() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`linkpool dev was not ready within ${READY_WITHIN_MS} ms`)), READY_WITHIN_MS).unref();
  });
}
