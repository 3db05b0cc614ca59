/** Lets workflows begin that waited for their turn. */
import type { Core } from './core.ts'
import type { LiveRun } from './live-run.ts'

export function admit(core: Core, uid: LiveRun['uid']): void {
  const live = core.runs.byUid(uid)
  if (live === undefined) return
  live.held = false
  core.reconciler.look(uid)
}
