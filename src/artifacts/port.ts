/** The port to artifact storage: objects under keys. Locations are Argo's (`s3`, `http`, `raw`, …); one driver a kind. */
import type { Artifact, ArtifactRepository } from '../resources/index.ts'
import type { Entry } from './archive/entry.ts'

export type ByteStream = AsyncIterable<Uint8Array>

/** What a driver opens; the size where the storage tells it. */
export type ObjectStream = ByteStream & { readonly sizeBytes?: number }

/** The size where the storage tells it. */
export type ObjectInfo = { readonly key: string; readonly sizeBytes?: number }

/** An artifact as its storage hands it over whole. */
export type Fetched =
  | { readonly kind: 'file'; readonly content: ObjectStream }
  | { readonly kind: 'folder'; readonly entries: AsyncIterable<Entry> }
  | { readonly kind: 'objects'; readonly objects: readonly ObjectInfo[] }

/** Reads a value out of a Secret of a namespace; `null` where it is missing. Values go nowhere but into requests. */
export type SecretReader = (namespace: string, name: string, key: string) => string | null

export type ArtifactContext = {
  readonly namespace: string
  readonly secrets: SecretReader
  /** The workflow's repository; completes locations that are only a key. Without it the default one does. */
  readonly repository?: ArtifactRepository
  readonly signal?: AbortSignal
}

/**
 * One kind of storage. Throws `WorldError` for what may pass (`retryable`) or not, `UserError` for a location that
 * cannot be right. Contract: artifacts.contract.ts.
 */
export interface ArtifactDriver {
  /** The content at the artifact's key, or `null` where there is none (a folder is none). */
  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null>
  /**
   * Every object below the artifact's key, in key order; a single object at the key itself counts, `ab` is not below
   * `a`. A key that ends with `/` is a folder without content.
   */
  list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]>
  /** Opens one object found by `list`. */
  openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null>
  /** Stores the stream whole or not at all. */
  save(artifact: Artifact, key: string, content: ByteStream, context: ArtifactContext): Promise<void>
  /** Removes the key and everything below it; missing is fine. */
  delete(artifact: Artifact, context: ArtifactContext): Promise<void>
  /** For storages whose artifacts are trees of files with modes and links (git): read instead of `open` and `list`. */
  tree?(artifact: Artifact, context: ArtifactContext): Promise<AsyncIterable<Entry>>
  /** For storages that hand over an artifact whole (plugins): asked instead of `open` and `list` when it is loaded. */
  fetch?(artifact: Artifact, context: ArtifactContext): Promise<Fetched | null>
}
