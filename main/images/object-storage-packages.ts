/** The official client, as one file that is loaded when an address of an object storage is asked for. */
export { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
