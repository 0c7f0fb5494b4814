import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client.ts";
import { indexed, whyMissing } from "../api/store.ts";
import type { ListedStaker } from "../api/types.ts";
import { groupDigits } from "../format/juels.ts";
import { printBps } from "../format/ratio.ts";
import { Amount } from "../ui/amount.tsx";
import { Bar } from "../ui/bar.tsx";
import { type Band, type Sizes, sizesOf } from "./sizes.ts";

/** Two pages of the list; whoever has more stakers counts them from the list itself. */
const PAGE = 500;
const MAX_PAGES = 2;
const READ_AGAIN_MS = 10 * 60_000;
const ALL_BPS = 10_000n;

/** How many addresses hold how much: from the list of stakers, read when the page is opened and now and then. */
export function StakerSizes() {
  const [reading, setReading] = useState<Sizes | "nobody" | "too many" | "failed" | null>(null);
  const at = indexed.value && Math.floor(Date.parse(indexed.value.block_timestamp) / READ_AGAIN_MS);
  useEffect(() => {
    if (at === null) return undefined;
    let isCurrent = true;
    readAll().then(
      (stakers) => isCurrent && setReading(stakers === null ? "too many" : (sizesOf(stakers) ?? "nobody")),
      () => isCurrent && setReading((last) => (last === null ? "failed" : last)),
    );
    return () => {
      isCurrent = false;
    };
  }, [at]);
  if (reading === null || reading === "failed") return <p class="empty">{reading ? "The list of stakers could not be read just now." : whyMissing("The list of stakers")}</p>;
  if (reading === "nobody") return <p class="empty">Nothing is staked yet.</p>;
  if (reading === "too many") {
    return (
      <p class="empty">
        More than {groupDigits(String(PAGE * MAX_PAGES))} addresses have stake: too many to be counted in a browser. <a href="/api/v1/stakers?format=csv">The list, as CSV</a>
      </p>
    );
  }
  return <Bands sizes={reading} />;
}

function Bands({ sizes }: { sizes: Sizes }) {
  return (
    <>
      <table class="table-plain staker-sizes">
        <thead>
          <tr>
            <th scope="col">Active stake</th>
            <th scope="col" class="number">
              Addresses
            </th>
            <th scope="col" class="number">
              LINK
            </th>
            <th scope="col" class="number">
              Of the pool
            </th>
          </tr>
        </thead>
        <tbody>
          {sizes.bands.map((band, index) => (
            <tr key={String(band.from_link)}>
              <td>
                {nameOf(band, sizes.bands[index - 1])}
                <Bar part={BigInt(band.part_bps)} whole={ALL_BPS} label={`${printBps(band.part_bps)} of the pool`} />
              </td>
              <td class="number">{band.count}</td>
              <td class="number">
                <Amount juels={band.juels} places={0} bare />
              </td>
              <td class="number">{printBps(band.part_bps)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">
        The largest address has {printBps(sizes.largest_bps)}
        {sizes.count > 10 && `, the largest ten together ${printBps(sizes.largest_ten_bps)}`}.
      </p>
    </>
  );
}

function nameOf(band: Band, larger: Band | undefined): string {
  const print = (link: bigint) => groupDigits(String(link));
  if (!larger) return `${print(band.from_link)} LINK and more`;
  return band.from_link === 0n ? `below ${print(larger.from_link)}` : `${print(band.from_link)} to ${print(larger.from_link)}`;
}

/** All of them, or null where they are more than is read. */
async function readAll(): Promise<ListedStaker[] | null> {
  const stakers: ListedStaker[] = [];
  let cursor = "";
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await get<ListedStaker[]>(`/stakers?limit=${PAGE}${cursor}`);
    stakers.push(...answer.data);
    if (!answer.page?.next) return stakers;
    cursor = `&cursor=${encodeURIComponent(answer.page.next)}`;
  }
  return null;
}
