// Every picture is as it was when it was looked at last.
import { test } from "node:test"
import { mermaid, svg, terminal } from "../../../../sagas/index.ts"
import { assertGolden } from "../../../support/golden.ts"
import { definitions, instances } from "./instances.ts"

for (const { name, saga, instance } of [...definitions, ...instances]) {
  test(`the pictures of ${name} are the ones in golden/`, () => {
    assertGolden(mermaid(saga, instance), new URL(`golden/${name}.mmd`, import.meta.url))
    assertGolden(svg(saga, instance), new URL(`golden/${name}.svg`, import.meta.url))
    assertGolden(terminal(saga, instance), new URL(`golden/${name}.txt`, import.meta.url))
  })
}
