/** How full something is, as a thin bar. The text beside it always says the same, so colour and length carry nothing alone. */
export function Bar({ part, whole, label }: { part: bigint; whole: bigint; label: string }) {
  const hundredths = whole > 0n ? Number((part * 10_000n) / whole) : 0;
  const percent = Math.min(Math.max(hundredths / 100, 0), 100);
  return (
    <span class="bar" role="img" aria-label={label}>
      <span class="bar-fill" style={{ width: `${percent}%` }} />
    </span>
  );
}
