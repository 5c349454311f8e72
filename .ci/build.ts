// Builds the package: compiles runtime/ and sagas/ into an empty folder and copies what is not TypeScript beside it
// (the console's page, for example). `node .ci/build.ts [folder]`; the folder is dist/ if none is given.
import { spawnSync } from "node:child_process"
import { cpSync, rmSync, statSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const target = resolve(process.argv[2] ?? join(root, "dist"))

rmSync(target, { recursive: true, force: true })
const compiler = join(root, "node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, ".ci/tsconfig.build.json"), "--outDir", target], {
  stdio: "inherit",
})
if (status !== 0) process.exit(status ?? 1)

for (const folder of ["runtime", "sagas"]) {
  cpSync(join(root, folder), join(target, folder), {
    recursive: true,
    filter: (source) => statSync(source).isDirectory() || !source.endsWith(".ts"),
  })
}
