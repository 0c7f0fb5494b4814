export function MissingPage({ path }: { path: string }) {
  return (
    <section class="panel">
      <h1 class="panel-title">There is no page here</h1>
      <p>
        <span class="hex">{path}</span> is not a page of this pool. An address page looks like <span class="hex">/stakers/0x…</span> or{" "}
        <span class="hex">/nodes/0x…</span>, with all 40 digits.
      </p>
      <p>
        <a href="/">Back to the nodes</a>
      </p>
    </section>
  );
}
