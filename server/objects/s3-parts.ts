import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Spooled } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'

/** With `IfNoneMatch` nothing is written where something is there already. */
export type Condition = { IfNoneMatch?: '*' }

/**
 * Uploads bytes in parts, each with its checksum, as one object that appears when all are there.
 * Where it fails, the parts are taken back.
 */
export async function uploadInParts(
  client: S3Client,
  key: { Bucket: string; Key: string },
  { size, read }: Pick<Spooled, 'size' | 'read'>,
  { partBytes, condition }: { partBytes: number; condition: Condition },
): Promise<void> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...key, ChecksumAlgorithm: 'SHA256' }),
  )
  try {
    const Parts: CompletedPart[] = []
    for (let at = 0; at < size; at += partBytes) {
      const Body = await read({ start: at, end: Math.min(size, at + partBytes) })
      const PartNumber = Parts.length + 1
      const ChecksumSHA256 = Buffer.from(sha256(Body)).toString('base64')
      const what = { UploadId, PartNumber, Body, ContentLength: Body.length, ChecksumSHA256 }
      const { ETag } = await client.send(new UploadPartCommand({ ...key, ...what }))
      Parts.push({ PartNumber, ETag, ChecksumSHA256 })
    }
    await client.send(
      new CompleteMultipartUploadCommand({
        ...key,
        UploadId,
        MultipartUpload: { Parts },
        ...condition,
      }),
    )
  } catch (error) {
    // What cannot be taken back now is found when the store is tidied.
    await client.send(new AbortMultipartUploadCommand({ ...key, UploadId })).catch(() => {})
    throw error
  }
}

const REHEARSED = new Uint8Array(65_536)

/**
 * Uploads a part of an object and takes it back, so that the object never is: bytes are taken at this
 * moment, and nothing is left even in a bucket that keeps versions or forbids to delete.
 */
export async function rehearseUpload(
  client: S3Client,
  key: { Bucket: string; Key: string },
  abortSignal?: AbortSignal,
): Promise<void> {
  const options = { abortSignal }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(key), options)
  try {
    const part = { PartNumber: 1, Body: REHEARSED, ContentLength: REHEARSED.length }
    await client.send(new UploadPartCommand({ ...key, UploadId, ...part }), options)
  } finally {
    // Without the signal: what was begun is ended, or found when the store is tidied.
    await client.send(new AbortMultipartUploadCommand({ ...key, UploadId })).catch(() => {})
  }
}
