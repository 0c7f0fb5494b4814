const BPS = 10_000n;

/** What a stake earns in a year at a rate; an estimate, without compounding. */
export function yearlyJuels(stake: bigint, annual_bps: number): bigint {
  return (stake * BigInt(Math.max(Math.trunc(annual_bps), 0))) / BPS;
}
