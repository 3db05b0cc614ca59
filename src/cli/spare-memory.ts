/** Gives the memory of the start-up back to the system: V8 keeps twice what an idle daemon needs until it is pressed. */
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const afterMs = 3000

export function spareMemoryLater(): void {
  setTimeout(() => {
    // Otherwise kept at the exit only, which a daemon that is killed never comes to.
    flushCompileCache()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (options?: object) => void
    collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
  }, afterMs).unref()
}
