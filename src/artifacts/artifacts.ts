/** The door: artifacts of any backend, packed and unpacked as Argo does. */
import { join } from 'node:path'
import type { Artifact, ArtifactRepository } from '../resources/index.ts'
import { UserError } from '../resources/index.ts'
import { defaultLimits } from './archive/entry.ts'
import type { ArchiveLimits } from './archive/entry.ts'
import type { Target } from './archive/place.ts'
import { GitDriver } from './git.ts'
import { HttpDriver } from './http.ts'
import { artifactKey, backendOf } from './keys.ts'
import { fetchPlainly, load } from './load.ts'
import { LocalDriver } from './local/local-driver.ts'
import { completeLocation } from './location.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream } from './port.ts'
import type { PluginLookup } from './plugin/plugin-driver.ts'
import { rawDriver } from './raw.ts'
import { save } from './save.ts'
import { Scratch } from './scratch.ts'

export interface Artifacts {
  /**
   * Packs what `tar` (the container engine's archive of the output path) holds as the artifact's archive strategy says
   * and stores it at the artifact's key (a location that is only a key lies in the repository). Resolves with the
   * artifact as the node's status shows it.
   */
  save(tar: ByteStream, artifact: Artifact, context: ArtifactContext): Promise<Artifact>
  /**
   * A tar (paths relative to `/`) that puts the artifact at `target.path`; `null` where it does not exist. Owners are
   * the target's where given, else the archive's. A broken or hostile archive shows while the tar is read.
   */
  load(artifact: Artifact, target: Target, context: ArtifactContext): Promise<ByteStream | null>
  /** The stored bytes as they are; `null` where there are none, or a folder. */
  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null>
  /** What is stored at and below the artifact's key, in key order. */
  list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]>
  /** One object that `list` named. */
  openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null>
  /** Stores bytes as they are at the artifact's key: logs, uploads. */
  saveBytes(content: ByteStream, artifact: Artifact, context: ArtifactContext): Promise<Artifact>
  /** Removes what is at and below the key; missing is fine. */
  delete(artifact: Artifact, context: ArtifactContext): Promise<void>
}

export type ArtifactsOptions = {
  /** Where the local repository and files in passing live. */
  readonly directory: string
  /** The default repository; without it, locations that are only a key lie in the local one. */
  readonly repository?: ArtifactRepository
  readonly limits?: Partial<ArchiveLimits>
  /** Lets `git` artifacts name repositories in the daemon's own file system. Off by default. */
  readonly allowLocalGit?: boolean
  /** Finds the storage of `plugin` artifacts; without it there is none. */
  readonly plugins?: PluginLookup
}

export function createArtifacts(options: ArtifactsOptions): Artifacts {
  const scratch = new Scratch(join(options.directory, 'passing'))
  const limits = { ...defaultLimits, ...options.limits }
  const local = new LocalDriver(join(options.directory, 'objects'), scratch)
  const http = new HttpDriver(scratch)
  const git = new GitDriver(scratch, { allowLocal: options.allowLocalGit === true })
  const s3 = lazyDriver(
    async () => new (await import('./s3/s3-driver.ts')).S3Driver(join(options.directory, 'uploads')),
  )

  const { plugins = noPlugins } = options
  const plugin = lazyDriver(async () => new (await import('./plugin/plugin-driver.ts')).PluginDriver(plugins))

  const driverOf = (artifact: Artifact): ArtifactDriver => {
    const backend = backendOf(artifact)
    switch (backend) {
      case 's3':
        return artifact.s3?.bucket ? s3 : local
      case 'gcs':
        return artifact.gcs?.bucket ? unsupported(backend) : local
      case 'azure':
        return artifact.azure?.container ? unsupported(backend) : local
      case 'oss':
        return artifact.oss?.bucket ? unsupported(backend) : local
      case 'hdfs':
        return artifact.hdfs?.addresses?.length ? unsupported(backend) : local
      case 'http':
      case 'artifactory':
        return http
      case 'git':
        return git
      case 'raw':
        return rawDriver
      case 'plugin':
        return plugin
      case null:
        throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' is missing location information`)
    }
  }
  const resolve = (artifact: Artifact, context: ArtifactContext) => {
    const located = completeLocation(artifact, context.repository ?? options.repository)
    return { located, driver: driverOf(located) }
  }

  return {
    async save(tar, artifact, context) {
      const { located, driver } = resolve(artifact, context)
      await save(tar, located, { driver, key: keyOf(located), limits }, context)
      return artifact
    },
    async load(artifact, target, context) {
      const { located, driver } = resolve(artifact, context)
      return load(located, target, { driver, scratch, limits }, context)
    },
    async open(artifact, context) {
      const { located, driver } = resolve(artifact, context)
      return driver.open(located, context)
    },
    async list(artifact, context) {
      const { located, driver } = resolve(artifact, context)
      return driver.list(located, context)
    },
    async openKey(artifact, key, context) {
      const { located, driver } = resolve(artifact, context)
      return driver.openKey(located, key, context)
    },
    async saveBytes(content, artifact, context) {
      const { located, driver } = resolve(artifact, context)
      await driver.save(located, keyOf(located), content, context)
      return artifact
    },
    async delete(artifact, context) {
      const { located, driver } = resolve(artifact, context)
      await driver.delete(located, context)
    },
  }
}

const noPlugins: PluginLookup = (name) =>
  Promise.reject(new UserError('ARTIFACT_PLUGIN', `artifact driver ${name} not found`))

/** Locations without keys (raw, git) refuse to save by themselves. */
const keyOf = (artifact: Artifact): string => artifactKey(artifact) ?? artifact.name

function unsupported(backend: string): never {
  throw new UserError('ARTIFACT_BACKEND', `artifact storage '${backend}' is not supported`, {
    hint: 'use s3, http, artifactory, git, raw, or a key alone for the local repository',
  })
}

/** A driver whose code is loaded when it is first used. */
function lazyDriver(make: () => Promise<ArtifactDriver>): ArtifactDriver {
  let made: Promise<ArtifactDriver> | null = null
  const driver = () => (made ??= make())
  return {
    open: async (...given) => (await driver()).open(...given),
    list: async (...given) => (await driver()).list(...given),
    openKey: async (...given) => (await driver()).openKey(...given),
    save: async (...given) => (await driver()).save(...given),
    delete: async (...given) => (await driver()).delete(...given),
    fetch: async (artifact, context) => {
      const found = await driver()
      return found.fetch ? found.fetch(artifact, context) : fetchPlainly(found, artifact, context)
    },
  }
}
