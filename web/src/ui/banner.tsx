import type { ComponentChildren } from "preact";
import { AlertIcon } from "./icons.tsx";

interface Properties {
  tone: "warning" | "problem" | "note";
  children: ComponentChildren;
  action?: ComponentChildren;
}

export function Banner({ tone, children, action }: Properties) {
  return (
    <div class={`banner banner-${tone}`} role="status">
      <AlertIcon />
      <p>{children}</p>
      {action}
    </div>
  );
}
