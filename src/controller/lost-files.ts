/** Logs and other files of workflows that are no more: deleted by another member while this one was away, or written by one that was overtaken. */
import type { Core } from './core.ts'

export async function forgetLostFiles({ runtime, store, log }: Core): Promise<void> {
  for (const uid of (await runtime.workflowsWithFiles?.()) ?? []) {
    if ((await store.workflowByUid(uid)) !== null) continue
    const archived = await store.archive.byUid(uid)
    if (archived !== null && !archived.deleted) continue
    await runtime.forgetFiles(uid)
    log.debug({ uid }, 'files of a workflow that is no more were taken away')
  }
}
