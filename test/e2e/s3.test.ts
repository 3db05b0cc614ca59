import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { startS3Server } from '../../scripts/s3-server.ts'
import type { S3Server } from '../../scripts/s3-server.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
let base = ''
let server: S3Server
let client: S3Client
let daemon: ChildProcess
let port = 0
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 's3-e2e-'))
  await mkdir(join(base, 'drop'))
  server = await startS3Server()
  client = new S3Client({
    ...{ endpoint: `http://${server.endpoint}`, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  })
  for (const Bucket of ['first', 'second']) await client.send(new CreateBucketCommand({ Bucket }))
  await writeFile(join(base, 'drop', 's3.yaml'), repositories())
  port = await freePort()
  const words = ['up', 'drop', '--data', 'data', '--port', String(port), '--metrics-port', '0', '--log-level', 'error']
  daemon = spawn(process.execPath, [program, ...words], { cwd: base, stdio: 'ignore' })
}, 600_000)
afterAll(async () => {
  const closed = once(daemon, 'close')
  daemon.kill('SIGTERM')
  await closed
  await server.stop()
  await rm(base, { recursive: true, force: true })
})

function repositories(): string {
  const at = (bucket: string) =>
    `{ endpoint: "${server.endpoint}", insecure: true, bucket: ${bucket}, keyFormat: "runs/{{workflow.name}}",
        accessKeySecret: { name: s3, key: access }, secretKeySecret: { name: s3, key: secret } }`
  return `apiVersion: v1
kind: Secret
metadata: { name: s3 }
stringData: { access: ${server.accessKey}, secret: ${server.secretKey} }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: artifact-repositories
  annotations: { workflows.argoproj.io/default-artifact-repository: usual }
data:
  usual: |
    s3: ${at('first')}
  other: |
    archiveLogs: true
    s3: ${at('second')}
`
}

/** Makes a file and a folder, hands both on, and checks them. */
const workflow = (name: string, more: string) => `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: ${name} }
spec:
  entrypoint: main
  ${more}
  templates:
  - name: main
    steps:
    - [{ name: make, template: make }]
    - - name: use
        template: use
        arguments: { artifacts: [{ name: file, from: "{{steps.make.outputs.artifacts.file}}" }] }
  - name: make
    container: { image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c], args: ["mkdir -p /tmp/d/e; echo 1 > /tmp/d/a; echo 2 > /tmp/d/e/b; echo made"] }
    outputs:
      artifacts:
      - { name: file, path: /tmp/d/a }
      - { name: folder, path: /tmp/d, archive: { none: {} }, s3: { key: "folders/{{workflow.name}}" } }
  - name: use
    inputs:
      artifacts:
      - { name: file, path: /in/a }
      - { name: folder, path: /in/d, s3: { key: "folders/{{workflow.name}}" } }
    container: { image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c], args: ["test $(cat /in/a) = 1 && test $(cat /in/d/e/b) = 2"] }
`

const keysIn = async (bucket: string) =>
  ((await client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key }) => Key)

async function run(name: string, more: string): Promise<void> {
  await writeFile(join(base, 'drop', `${name}.yaml`), workflow(name, more))
  const status = () => readFile(join(base, 'drop', '.status', `${name}.yaml`), 'utf8').catch(() => '')
  await expect.poll(status, { interval: 300 }).toMatch(/^ *phase: (Succeeded|Failed|Error)/m)
  expect(await status()).toMatch(/^ *phase: Succeeded/m)
}

it('passes artifacts through the default repository, and deletes them with the workflow', async () => {
  await run('usual', 'artifactGC: { strategy: OnWorkflowDeletion }')
  expect(await keysIn('first')).toEqual(['folders/usual/a', 'folders/usual/e/b', 'runs/usual/file.tgz'])
  const words = [program, '-s', `127.0.0.1:${port}`, 'delete', 'usual']
  expect((await once(spawn(process.execPath, words, { stdio: 'ignore' }), 'close'))[0]).toBe(0)
  await expect.poll(() => keysIn('first')).toEqual([])
})
it('takes the repository that the workflow names, with its logs, and deletes at the end what says so', async () => {
  await run('other', 'artifactRepositoryRef: { key: other }')
  const kept = ['folders/other/a', 'folders/other/e/b', 'runs/other/file.tgz', 'runs/other/main.log']
  expect(await keysIn('second')).toEqual(kept)
  await run('passing', 'artifactRepositoryRef: { key: other }\n  artifactGC: { strategy: OnWorkflowCompletion }')
  await expect.poll(() => keysIn('second')).toEqual(kept)
  expect(await keysIn('first')).toEqual([])
})
