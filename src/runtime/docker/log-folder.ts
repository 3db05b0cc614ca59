/** Where kept logs are: a folder for each workflow, in it one for each pod, in it one file for each container. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import { assertSafeId } from './names.ts'

const folder = 'logs'

/** Without its ending. */
export function logPath(dataDir: string, pod: PodId, container: string): string {
  assertSafeId(pod)
  assertSafeId(container)
  return join(dataDir, folder, pod.split('.')[0] ?? pod, pod, container)
}

export async function dropLogs(dataDir: string, workflow: WorkflowUid): Promise<void> {
  assertSafeId(workflow)
  await rm(join(dataDir, folder, workflow), { recursive: true, force: true })
}

export async function workflowsWithLogs(dataDir: string): Promise<readonly WorkflowUid[]> {
  return (await readdir(join(dataDir, folder)).catch(() => [])).map((name) => name as WorkflowUid)
}
