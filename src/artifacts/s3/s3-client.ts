/** Clients of S3 and what speaks like it (MinIO, Ceph, …), made as the location says and kept while they are used. */
import { createHash } from 'node:crypto'
import { Agent } from 'node:https'
import { S3Client } from '@aws-sdk/client-s3'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { UserError } from '../../resources/index.ts'
import type { Artifact } from '../../resources/index.ts'
import type { ArtifactContext } from '../port.ts'
import { secretOf } from '../secrets.ts'

export type S3Location = NonNullable<Artifact['s3']>

/** Locations differ by repository and secrets; beyond so many the oldest client is closed. */
const clientsMax = 16
/** A server that is busy or breaks a connection off is asked again, ever later: two seconds in all. */
const attemptsMax = 5

export class S3Clients {
  readonly #clients = new Map<string, S3Client>()

  /** Secrets are read each time, so a changed one takes effect with the next request. */
  of(location: S3Location, context: ArtifactContext): S3Client {
    const config = configOf(location, context)
    const id = createHash('sha256').update(JSON.stringify(config)).digest('hex')
    const known = this.#clients.get(id)
    if (known) return known
    const oldest = this.#clients.size >= clientsMax ? this.#clients.entries().next().value : undefined
    if (oldest) this.#clients.delete(oldest[0]) // its requests go on; its sockets close when idle
    const client = new S3Client(settingsOf(config))
    this.#clients.set(id, client)
    return client
  }
}

type Config = {
  readonly endpoint: string | null
  readonly region: string
  readonly pathStyle: boolean
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null
  readonly ca: string | null
}

function configOf(location: S3Location, context: ArtifactContext): Config {
  const { endpoint = '', region, insecure, addressingStyle: style = '' } = location
  if (location.roleARN)
    throw new UserError('ARTIFACT_BACKEND', 's3: roleARN is not supported', {
      hint: 'use useSDKCreds, or keys in a Secret',
    })
  const isAmazon = endpoint === '' || /(^|\.)amazonaws\.com(\.cn)?(:\d+)?$/.test(endpoint.replace(/^\w+:\/\//, ''))
  const url = /^https?:\/\//.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`
  const accessKeyId = location.useSDKCreds ? undefined : secretOf(location.accessKeySecret, context)
  const secretAccessKey = location.useSDKCreds ? undefined : secretOf(location.secretKeySecret, context)
  const sessionToken = secretOf(location.sessionTokenSecret, context)
  return {
    endpoint: isAmazon && !insecure ? null : url, // Amazon's own are found by region
    region: region || 'us-east-1',
    pathStyle: style.startsWith('path') || (!style.startsWith('virtual') && !isAmazon),
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? null
        : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    ca: secretOf(location.caSecret, context) ?? null,
  }
}

const settingsOf = ({ endpoint, region, pathStyle, credentials, ca }: Config): S3ClientConfig => ({
  region,
  forcePathStyle: pathStyle,
  maxAttempts: attemptsMax,
  followRegionRedirects: true,
  // Servers that are not Amazon's often do not know the newer checksums.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  requestHandler: {
    connectionTimeout: 10_000,
    socketTimeout: 120_000,
    ...(ca === null ? {} : { httpsAgent: new Agent({ ca, keepAlive: true }) }),
  },
  ...(endpoint === null ? {} : { endpoint }),
  ...(credentials === null ? {} : { credentials }), // else the SDK looks for some: environment, files, instance role
})
