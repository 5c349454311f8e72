// Builds the package: compiles runtime/ and sagas/ into an empty folder and copies what is not TypeScript beside it
// and the console's page, bundled. `node .ci/build.ts [folder]`; the folder is dist/ if none is given.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { buildPage } from "../runtime/console/web/build-page.ts"

const root = resolve(import.meta.dirname, "..")
const target = resolve(process.argv[2] ?? join(root, "dist"))

rmSync(target, { recursive: true, force: true })
const compiler = join(root, "node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, ".ci/tsconfig.build.json"), "--outDir", target], {
  stdio: "inherit",
})
if (status !== 0) process.exit(status ?? 1)

const pageSources = join(root, "runtime/console/web")
for (const folder of ["runtime", "sagas"]) {
  cpSync(join(root, folder), join(target, folder), {
    recursive: true,
    filter: (source) => source !== pageSources && (statSync(source).isDirectory() || !source.endsWith(".ts")),
  })
}

for (const [path, bytes] of await buildPage()) {
  const file = join(target, "runtime/console/page", path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}
