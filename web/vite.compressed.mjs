import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

/** Writes each script and style a second time, compressed: the server only picks. As they are on disk, when nothing changes them any more. */
export function compressed() {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      for (const file of Object.keys(bundle)) {
        if (/\.(js|css)$/.test(file)) writeFileSync(join(dir, `${file}.br`), brotliCompressSync(readFileSync(join(dir, file))));
      }
    },
  };
}
