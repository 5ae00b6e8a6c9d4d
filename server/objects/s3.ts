import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { Slice, Spooled } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import type { Blobs } from './blobs.ts'
import { impatient } from './impatient.ts'
import { isConflict, isMissing, isTaken, s3Problem } from './s3-errors.ts'
import { type Condition, rehearseUpload, uploadInParts } from './s3-parts.ts'
import { tidySpool } from './spool.ts'

/** Where blobs are kept, and how long one waits for it. */
export interface S3Options {
  bucket: string
  /** What every key begins with: nothing, or something that ends in a slash. */
  prefix: string
  region: string
  /** Another service than AWS's own. */
  endpoint: string | null
  /** The bucket stands in the path instead of the host name, as most services of one's own want it. */
  pathStyle: boolean
  /** A folder of this machine for what is on its way in. */
  spool: string
  /** For a connection, an answer, and the next bytes of one. */
  patienceMs?: number
  namesAPage?: number
}

const PATIENCE_MS = 20_000
const CONNECT_MS = 5_000
const ATTEMPTS = 3
/** What is larger goes up in parts: a connection that is cut costs one of them. */
const WHOLE_BYTES = 16 * 2 ** 20
const PART_BYTES = 8 * 2 ** 20
/** S3 lists as many at once at most. */
const NAMES_A_PAGE = 1_000

/** Bytes that can be read in parts, wherever they are. */
const partsOf = (content: Uint8Array | Spooled): Pick<Spooled, 'size' | 'read'> =>
  content instanceof Uint8Array
    ? {
        size: content.length,
        read: async ({ start, end }: Slice) => content.subarray(start, end),
      }
    : content

/**
 * Keeps blobs in a bucket of any service that speaks S3. Credentials are found where AWS's own tools
 * find them (environment, profile, web identity, instance), and no setting of ours holds any.
 *
 * An object is there when it is whole; each upload carries the SHA-256 that the service checks it by.
 */
export function openS3Blobs(options: S3Options): Blobs {
  const { bucket, prefix, patienceMs = PATIENCE_MS, namesAPage = NAMES_A_PAGE } = options
  const store = `${options.endpoint ?? 's3'} ${bucket}/${prefix}`
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.pathStyle,
    ...(options.endpoint !== null && { endpoint: options.endpoint }),
    maxAttempts: ATTEMPTS,
    // We give checksums ourselves; services of other makers do not take the newest kinds.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, patienceMs),
      requestTimeout: patienceMs,
      throwOnRequestTimeout: true,
    },
  })
  const keyOf = (name: string) => ({ Bucket: bucket, Key: prefix + name })
  const told = <T>(work: Promise<T>) =>
    work.catch((error) => Promise.reject(s3Problem(error, store)))
  const find = async (name: string) => {
    const found = await client.send(new HeadObjectCommand(keyOf(name))).catch((error) => {
      if (isMissing(error)) return null
      throw error
    })
    const since = found?.LastModified?.getTime() ?? 0
    return found && { name, size: found.ContentLength ?? 0, since }
  }
  const put = async (name: string, content: Uint8Array | Spooled, condition: Condition) => {
    const parts = partsOf(content)
    // What is spooled shall not be in memory in whole, be it for others' sake.
    const most = content === parts ? PART_BYTES : WHOLE_BYTES
    if (parts.size > most) {
      return uploadInParts(client, keyOf(name), parts, { partBytes: PART_BYTES, condition })
    }
    const bytes = await parts.read({ start: 0, end: parts.size })
    const ChecksumSHA256 = Buffer.from(sha256(bytes)).toString('base64')
    const what = { Body: bytes, ContentLength: bytes.length, ChecksumSHA256, ...condition }
    return client.send(new PutObjectCommand({ ...keyOf(name), ...what }))
  }
  /** Tries again where somebody else is about the same; gives whether anything was written. */
  const putOnce = async (name: string, content: Uint8Array | Spooled, condition: Condition) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await put(name, content, condition)
        return true
      } catch (error) {
        if (isTaken(error)) return false
        if (!isConflict(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  const removeVersions = async (name: string) => {
    const { Bucket, Key } = keyOf(name)
    let after: { KeyMarker?: string; VersionIdMarker?: string } = {}
    for (;;) {
      const page = await told(
        client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, ...after })),
      )
      const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
      for (const { VersionId } of all.filter((one) => one.Key === Key)) {
        await told(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })))
      }
      if (!page.IsTruncated) return
      after = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
    }
  }

  async function* unfinished(of: string) {
    let after: { KeyMarker?: string; UploadIdMarker?: string } = {}
    for (;;) {
      const page = await told(
        client.send(
          new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix + of, ...after }),
        ),
      )
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        yield { key: { Bucket: bucket, Key, UploadId }, since: Initiated?.getTime() ?? 0 }
      }
      if (!page.IsTruncated) return
      after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    }
  }
  const abort = (key: { Bucket: string; Key?: string; UploadId?: string }) =>
    told(
      client
        .send(
          new AbortMultipartUploadCommand({
            Bucket: key.Bucket,
            Key: key.Key!,
            UploadId: key.UploadId!,
          }),
        )
        .catch((error) => {
          // Ended just now, one way or the other.
          if (!isMissing(error)) throw error
        }),
    )

  return {
    spool: options.spool,
    async check(bytes, abortSignal) {
      if (bytes > 0)
        return told(rehearseUpload(client, keyOf(`checks/${randomUUID()}`), abortSignal))
      await told(client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }))
    },
    async create(name, content) {
      // What is large and there need not be sent to be refused.
      if (partsOf(content).size > PART_BYTES && (await told(find(name)))) return false
      return told(putOnce(name, content, { IfNoneMatch: '*' }))
    },
    async replace(name, content) {
      await told(putOnce(name, content, {}))
    },
    find: (name) => told(find(name)),
    async *read(name, { start, end }) {
      const Range = `bytes=${start}-${end - 1}`
      const answer = await told(client.send(new GetObjectCommand({ ...keyOf(name), Range })))
      const body = answer.Body as Readable
      try {
        yield* impatient(body, patienceMs)
      } catch (error) {
        throw s3Problem(error, store)
      } finally {
        // One that was read to its end leaves its connection to the next.
        body.destroy()
      }
    },
    async *list(start) {
      for (let token: string | undefined, more = true; more; ) {
        const page = await told(
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix + start,
              ContinuationToken: token,
              MaxKeys: namesAPage,
            }),
          ),
        )
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
          yield { name: Key.slice(prefix.length), size: Size, since: LastModified?.getTime() ?? 0 }
        }
        token = page.NextContinuationToken
        more = Boolean(page.IsTruncated && token)
      }
    },
    async remove(name) {
      const { VersionId, DeleteMarker } = await told(
        client.send(new DeleteObjectCommand(keyOf(name))),
      )
      // A bucket with versions keeps what was deleted under its deletion.
      if (VersionId || DeleteMarker) await removeVersions(name)
      if (name.startsWith('claims/') || name.startsWith('collecting/')) return
      for await (const { key } of unfinished(name)) await abort(key)
    },
    async tidy(before) {
      let done = await tidySpool(options.spool, before)
      for await (const { key, since } of unfinished('')) {
        if (since >= before) continue
        await abort(key)
        done += 1
      }
      return done
    },
    close: () => client.destroy(),
  }
}
