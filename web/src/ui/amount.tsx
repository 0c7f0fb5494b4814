import { exactLink, printLink } from "../format/juels.ts";

interface Properties {
  juels: bigint;
  /** Decimals shown; the exact value is always in the tooltip. */
  places?: number;
  /** Leaves out the word LINK where a column's head says it. */
  bare?: boolean;
}

export function Amount({ juels, places = 4, bare = false }: Properties) {
  return (
    <span class="amount" title={`${exactLink(juels)} LINK`}>
      {printLink(juels, places)}
      {!bare && <span class="unit"> LINK</span>}
    </span>
  );
}
