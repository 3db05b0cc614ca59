#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(`drydock needs Node 24 or newer; this is ${process.version} (${process.execPath})\n`)
  process.exit(1)
}
const { main } = await import('../src/cli/main.ts')
await main(process.argv.slice(2))
