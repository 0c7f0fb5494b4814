/** Parts of the page whose code comes when they are first shown: the first load stays small. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

const loaders: (() => Promise<unknown>)[] = [];

/** Shows nothing while the code is on its way, and a sentence with a way on when it can't be had. */
export function lazy<Properties extends object>(load: () => Promise<ComponentType<Properties>>) {
  let loaded: ComponentType<Properties> | null = null;
  const fetchIt = async () => {
    loaded ??= await load();
  };
  loaders.push(fetchIt);
  return function Lazy(properties: Properties) {
    const [state, setState] = useState(loaded ? "there" : "coming");
    useEffect(() => {
      let isMounted = true;
      fetchIt().then(
        () => isMounted && setState("there"),
        () => isMounted && setState("lost"),
      );
      return () => {
        isMounted = false;
      };
    }, []);
    const Loaded = loaded;
    if (Loaded) return <Loaded {...properties} />;
    return state === "lost" ? <Lost /> : null;
  };
}

/** Fetches every part that is not there yet, so that a server that goes away later takes nothing from an open page. */
export function fetchParts(): void {
  for (const fetchIt of loaders) void fetchIt().catch(() => undefined);
}

function Lost() {
  return (
    <p class="empty" role="alert">
      This part of the page could not be loaded.{" "}
      <button type="button" class="button button-small" onClick={() => location.reload()}>
        Load the page again
      </button>
    </p>
  );
}
