import { useState } from "preact/hooks";
import type { Position, Ticket } from "../api/types.ts";
import type { Address } from "../format/address.ts";
import { juels, printLink } from "../format/juels.ts";
import { nodeName } from "../nodes/name.ts";
import { perform, restake } from "./actions.ts";
import { restakeTargets } from "./targets.ts";

interface Properties {
  position: Position;
  ticket: Ticket;
  isBlocked: boolean;
}

/** Moves a ticket that is ready to another node instead of out of the pool; it earns there from the next block on. */
export function RestakeForm({ position, ticket, isBlocked }: Properties) {
  const [picked, setPicked] = useState<Address | null>(null);
  const targets = restakeTargets(juels(ticket.value_juels), position.node);
  const target = targets.find(({ address }) => address === picked) ?? targets[0];
  if (!target) return <p class="hint restake">No other node has room for all of it, and a ticket moves whole.</p>;
  const id = `restake-${position.node}-${ticket.index}`;
  return (
    <form
      class="restake"
      onSubmit={(event) => {
        event.preventDefault();
        void perform(restake(position, ticket, target.address));
      }}
    >
      <label for={id}>To node</label>
      <select id={id} class="select field-small" value={target.address} onChange={(event) => setPicked(event.currentTarget.value as Address)}>
        {targets.map((node) => (
          <option key={node.address} value={node.address}>
            {nodeName(node)} · {printLink(juels(node.available_juels), 0)} free
          </option>
        ))}
      </select>
      <button type="submit" class="button button-small" disabled={isBlocked}>
        Move there
      </button>
    </form>
  );
}
