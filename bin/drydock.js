#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(`drydock needs Node 24 or newer; this is ${process.version} (${process.execPath})\n`)
  process.exit(1)
}
// A daemon makes much that is short-lived: with more room for it a fifth less time goes into collecting it.
const young = '--max-semi-space-size'
const isSet = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`.includes(young)
if (process.argv[2] === 'up' && !isSet && typeof process.execve === 'function') {
  const program = [process.execPath, `${young}=64`, ...process.execArgv, ...process.argv.slice(1)]
  try {
    // Threads of glibc keep memory for themselves that an idle daemon does not need.
    process.execve(process.execPath, program, { MALLOC_ARENA_MAX: '2', ...process.env })
  } catch {
    // Where a process cannot become another one it goes on as it is.
  }
}
// Stripped types and compiled code are kept between runs: a verb starts in half the time, a daemon takes less memory.
enableCompileCache()
const { main } = await import('../src/cli/main.ts')
await main(process.argv.slice(2))
