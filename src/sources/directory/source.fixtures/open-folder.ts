/** A source over a folder that notes changes fast, and has carried out what is there. */
import { silentLog } from '../../../controller/telemetry.ts'
import { DirectorySource } from '../source.ts'
import type { DirectorySourceOptions } from '../source.ts'

export async function openFolder(
  options: Pick<DirectorySourceOptions, 'folder' | 'controller' | 'store'> & Partial<DirectorySourceOptions>,
): Promise<DirectorySource> {
  const usual = { log: silentLog, namespace: 'default', settleMs: 60, templateWaitMs: 60_000 }
  const source = await DirectorySource.open({ ...usual, ...options })
  await source.idle()
  return source
}
