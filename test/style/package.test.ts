// The package's manifest: every version is exact, the lock file agrees and names no host, every export can be built.
import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "./repository.ts"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly type: string
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  }

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"))
}

// cast: both files are npm's own; a field that is missing fails the test that reads it
const manifest = readJson("package.json") as Manifest
// cast: as above
const lock = readJson("package-lock.json") as { readonly packages: Readonly<Record<string, Locked & Partial<Manifest>>> }
const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })

test("every dependency has an exact version", () => {
  assert.deepEqual(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)), [])
})

test("no dependency is declared twice", () => {
  assert.deepEqual(Object.keys(manifest.dependencies).filter((name) => name in manifest.devDependencies), [])
})

test("the lock file agrees with package.json", () => {
  const own = lock.packages[""]
  assert.deepEqual(
    { name: own?.name, version: own?.version, dependencies: own?.dependencies, devDependencies: own?.devDependencies },
    {
      name: manifest.name,
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    },
  )
  for (const [name, version] of wanted) assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name)
})

test("the lock file names no host and checks every package", () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "")
  assert.deepEqual(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path), [])
  assert.deepEqual(packages.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path), [])
})

test("the lock file holds every package that one of its packages wants, for all platforms, as npm ci demands", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !foldersAbove(path).some((folder) => `${folder}node_modules/${name}` in lock.packages))
      .map((name) => `${path} wants ${name}`),
  )
  assert.deepEqual(missing, [])
})

/** Where Node looks for what a package imports: "node_modules/a/node_modules/b" -> itself, "node_modules/a/" and "". */
function foldersAbove(path: string): readonly string[] {
  if (path === "") return [""]
  return [`${path}/`, ...foldersAbove(path.slice(0, path.lastIndexOf("node_modules/")).replace(/\/$/, ""))]
}

test("every export is built from a source file", () => {
  for (const [name, { types, default: code }] of Object.entries(manifest.exports)) {
    assert.equal(types.replace(/\.d\.ts$/, ""), code.replace(/\.js$/, ""), name)
    const source = code.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts")
    assert.ok(existsSync(join(root, source)), `${name} is built from ${source}, which does not exist`)
  }
})
