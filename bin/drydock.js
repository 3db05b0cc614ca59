#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(`drydock needs Node 24 or newer; this is ${process.version} (${process.execPath})\n`)
  process.exit(1)
}
// Stripped types and compiled code are kept between runs: a verb starts in half the time, a daemon takes less memory.
enableCompileCache()
const { main } = await import('../src/cli/main.ts')
await main(process.argv.slice(2))
