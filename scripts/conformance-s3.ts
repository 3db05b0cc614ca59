/** The S3 server that conformance cases name: `minio:9000`, three buckets, a Secret and the repositories. */
import { lookup } from 'node:dns/promises'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { startS3Server } from './s3-server.ts'

const host = 'minio'
const port = 9000
const [accessKeyId, secretAccessKey] = ['admin', 'password']
const buckets = ['my-bucket', 'my-bucket-2', 'my-bucket-3']
const hostsFile = '/etc/hosts'

type S3ForCases = { readonly stop: () => Promise<void> }

/** `null`, and said why, where it cannot be had; the cases that need it are left out then. */
export async function s3ForCases(manifest: string, say: (line: string) => void): Promise<S3ForCases | null> {
  try {
    await resolveHost(say)
    const started = (await isTaken())
      ? null
      : await startS3Server({ port, accessKey: accessKeyId, secretKey: secretAccessKey })
    try {
      await makeBuckets()
    } catch (error) {
      await started?.stop()
      throw error
    }
    await mkdir(dirname(manifest), { recursive: true })
    await writeFile(manifest, objects)
    say(
      started === null
        ? `S3: the server that is there, on ${host}:${port}`
        : `S3: a server of our own, on ${host}:${port}`,
    )
    return { stop: async () => started?.stop() }
  } catch (error) {
    say(`S3: left out (${error instanceof Error ? error.message : String(error)})`)
    return null
  }
}

/** The manifests name a host; as root, and only where nobody else names it, it is put into the machine's list. */
async function resolveHost(say: (line: string) => void): Promise<void> {
  const known = await lookup(host).catch(() => null)
  if (known?.address === '127.0.0.1') return
  if (known !== null) throw new Error(`${host} is ${known.address}, not this machine`)
  if (process.getuid?.() !== 0) throw new Error(`no root, and no line '127.0.0.1 ${host}' in ${hostsFile}`)
  await appendFile(hostsFile, `127.0.0.1 ${host} # for the conformance cases of Drydock\n`)
  say(`S3: added '127.0.0.1 ${host}' to ${hostsFile}, because the cases name that host`)
  if ((await lookup(host)).address !== '127.0.0.1') throw new Error(`${host} does not resolve`)
}

const isTaken = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

async function makeBuckets(): Promise<void> {
  const client = new S3Client({
    ...{ endpoint: `http://${host}:${port}`, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId, secretAccessKey },
  })
  for (const Bucket of buckets) {
    const isThere = await client.send(new HeadBucketCommand({ Bucket })).then(
      () => true,
      () => false,
    )
    if (!isThere) await client.send(new CreateBucketCommand({ Bucket }))
  }
  client.destroy()
}

const secret = (key: string) => `{ name: my-minio-cred, key: ${key} }`
const repository = `s3: { bucket: my-bucket, endpoint: "${host}:${port}", insecure: true, accessKeySecret: ${secret('accesskey')}, secretKeySecret: ${secret('secretkey')} }`
const objects = `apiVersion: v1
kind: Secret
metadata: { name: my-minio-cred }
stringData: { accesskey: ${accessKeyId}, secretkey: ${secretAccessKey} }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: artifact-repositories
  annotations: { workflows.argoproj.io/default-artifact-repository: default-v1 }
data:
  default-v1: |
    ${repository}
  my-key: |
    archiveLogs: true
    ${repository}
`
