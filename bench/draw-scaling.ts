// Draws what `npm run bench:scaling -- --json FILE` measured, one picture a curve:
//   node bench/draw-scaling.ts FILE [FOLDER]     the folder is docs/performance unless it is said
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { chartSvg } from "./chart.ts"
import type { Scaling } from "./curves.ts"
import { chartOf } from "./scaling-charts.ts"

function main([file, folder = "docs/performance"]: readonly string[]): void {
  if (file === undefined) {
    process.stderr.write("node bench/draw-scaling.ts FILE [FOLDER]: FILE is what bench:scaling wrote\n")
    process.exitCode = 2
    return
  }
  const scaling = JSON.parse(readFileSync(file, "utf8")) as Scaling // cast: scaling.ts wrote it
  mkdirSync(folder, { recursive: true })
  for (const curve of scaling.curves) {
    const path = join(folder, `${curve.name}.svg`)
    writeFileSync(path, chartSvg(chartOf(curve, scaling)))
    process.stdout.write(`${path}\n`)
  }
}

main(process.argv.slice(2))
