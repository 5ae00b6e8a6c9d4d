import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { sha256 } from '../../core/sha256.ts'

/**
 * Uploads bytes in parts, each with its checksum, as one object that appears when all are there and
 * nothing has appeared under its key before. Where it fails, the parts are taken back.
 */
export async function uploadInParts(
  client: S3Client,
  key: { Bucket: string; Key: string },
  bytes: Uint8Array,
  partBytes: number,
): Promise<void> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...key, ChecksumAlgorithm: 'SHA256' }),
  )
  try {
    const Parts: CompletedPart[] = []
    for (let at = 0; at < bytes.length; at += partBytes) {
      const Body = bytes.subarray(at, at + partBytes)
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
        IfNoneMatch: '*',
      }),
    )
  } catch (error) {
    // What cannot be taken back now is found when the store is tidied.
    await client.send(new AbortMultipartUploadCommand({ ...key, UploadId })).catch(() => {})
    throw error
  }
}
