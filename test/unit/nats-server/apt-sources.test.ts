import assert from "node:assert/strict"
import { test } from "node:test"
import { debianMirror } from "../../../runtime/nats/server/apt-sources.ts"
import { codenameOf } from "../../../runtime/nats/server/provision-debian.ts"

const paragraphs = `# a comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
 http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`

test("the mirror is the one that serves the distribution itself", () => {
  assert.equal(debianMirror([paragraphs], "bookworm"), "http://mirror.example/debian")
  const line = "deb [arch=amd64 signed-by=/k.gpg] https://cache.example/apt/debian/ trixie main contrib # ours"
  assert.equal(debianMirror([line], "trixie"), "https://cache.example/apt/debian/")
})

test("a third party's source for the same suite is not taken while there is a better one", () => {
  const other = "deb https://packages.example/tools bookworm main"
  assert.equal(debianMirror([other, paragraphs], "bookworm"), "http://mirror.example/debian")
})

test("sources of other suites, other components, or switched off give no mirror", () => {
  const none = [
    "# deb http://mirror.example/debian bookworm main",
    "deb-src http://mirror.example/debian bookworm main",
    "deb http://mirror.example/debian bookworm-security main",
    "deb http://mirror.example/debian bookworm contrib",
    "deb cdrom:[Debian]/ bookworm main",
    "Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n",
  ]
  for (const text of none) assert.equal(debianMirror([text], "bookworm"), undefined, text)
})

test("only Debian itself has the suites, not what is derived from it", () => {
  assert.equal(codenameOf('ID=debian\nVERSION_CODENAME=bookworm\n'), "bookworm")
  assert.equal(codenameOf('ID="debian"\n'), "sid")
  assert.equal(codenameOf('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n'), undefined)
  assert.equal(codenameOf(""), undefined)
})
