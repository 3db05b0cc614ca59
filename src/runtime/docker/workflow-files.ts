/**
 * What is kept of workflows in a data folder: for logs a folder of each workflow, in it one of each pod, in it a file of
 * each container; for marks (marks.ts) a file of each pod, in one folder.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import { assertSafeId } from './names.ts'

const logs = 'logs'
const workflowOf = (file: string): WorkflowUid => (file.split('.')[0] ?? file) as WorkflowUid
const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])

export const marksFolder = (dataDir: string): string => join(dataDir, 'pods')

/** The folder of the pod's logs, which stands once something of one was kept. */
export function podLogs(dataDir: string, pod: PodId): string {
  assertSafeId(pod)
  return join(dataDir, logs, workflowOf(pod), pod)
}

/** Without its ending. */
export function logPath(dataDir: string, pod: PodId, container: string): string {
  assertSafeId(container)
  return join(podLogs(dataDir, pod), container)
}

/** Logs and marks, also those that another daemon has written there. */
export async function dropFiles(dataDir: string, workflow: WorkflowUid): Promise<void> {
  assertSafeId(workflow)
  // Somebody may be writing one just now.
  await rm(join(dataDir, logs, workflow), { recursive: true, force: true, maxRetries: 5 })
  const folder = marksFolder(dataDir)
  const marks = (await namesIn(folder)).filter((name) => workflowOf(name) === workflow)
  for (const name of marks) await rm(join(folder, name), { force: true })
}

export async function workflowsWithFiles(dataDir: string): Promise<readonly WorkflowUid[]> {
  const [withLogs, marks] = await Promise.all([namesIn(join(dataDir, logs)), namesIn(marksFolder(dataDir))])
  return [...new Set([...withLogs, ...marks].map(workflowOf))]
}
