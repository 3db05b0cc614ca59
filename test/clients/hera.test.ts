import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { heraPython } from '../../scripts/hera.ts'
import { startDaemon } from './daemon.ts'
import type { RunningDaemon } from './daemon.ts'

let daemon: RunningDaemon
let python: string
beforeAll(async () => {
  python = await heraPython()
  daemon = await startDaemon()
})
afterAll(() => daemon.stop())

it('answers everything that Hera asks as Argo Server does', async () => {
  const session = join(import.meta.dirname, 'hera_session.py')
  const { stdout } = await promisify(execFile)(python, [session, daemon.url, 'busybox:latest'])
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
    info: { feedback: false, firstTimeUser: false, newVersion: false },
    version: expect.stringMatching(/^v4\.1\.2/),
    waited: 'Succeeded',
    progress: '2/2',
    nodes: ['first Succeeded', 'second Succeeded'],
    listed: [true],
    'few fields': null,
    'dry run': null,
    suspended: true,
    resumed: 'Succeeded',
    'stop refused': expect.stringContaining('cannot shutdown a completed workflow'),
    terminated: 'Failed',
    stopped: 'Failed',
    retried: [true, null],
    'failed again': 'Failed',
    'retry refused': expect.stringContaining(
      'To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector',
    ),
    log: expect.anything(),
    artifact: "b'content\\n'",
    'artifact by uid': "b'content\\n'",
    'created twice': 'AlreadyExists',
    updated: expect.objectContaining({ changed: 'yes' }),
    submitted: 'Succeeded',
    'template gone': 'NotFound',
    'cluster templates': ['hera-cluster'],
    'cron suspended': true,
    'cron resumed': false,
    crons: ['hera-cron'],
    archived: true,
    'label values': ['hera'],
    'limit refused': 'AlreadyExists',
    unknown: 'NotFound: Server returned status code 404 with message: `workflows.argoproj.io "none" not found`',
    deleted: 'NotFound',
  })
})
