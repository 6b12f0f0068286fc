import { DocumentServiceService, OpenDocumentResponse } from '@crossroads/contracts/document/v1/document_service';
import { type DownloadDocumentResponse, MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';

/** `bytes chunk = 2` in `OpenDocumentResponse` and in `DownloadDocumentResponse`. */
const TAG = 0x12;
const MORE = 0x80;

/** The rpc with a reader that does not copy chunks. The generated one copies each once. */
export const openDocument = {
  ...DocumentServiceService.openDocument,
  responseDeserialize: (bytes: Buffer): OpenDocumentResponse => {
    const chunk = chunkIn(bytes);
    return chunk ? { part: { $case: 'chunk', value: chunk } } : OpenDocumentResponse.decode(bytes);
  },
};

/** The rpc with a writer that copies chunks once. The generated one copies each four times. */
export const downloadDocument = {
  ...MessageServiceService.downloadDocument,
  responseSerialize: (response: DownloadDocumentResponse): Buffer =>
    response.part?.$case === 'chunk'
      ? chunkMessage(response.part.value)
      : MessageServiceService.downloadDocument.responseSerialize(response),
};

/** The chunk of a message that has nothing else. */
const chunkIn = (bytes: Buffer): Buffer | undefined => {
  if (bytes[0] !== TAG) return undefined;
  let [at, length, shift] = [1, 0, 0];
  for (let byte = MORE; byte & MORE; shift += 7) {
    byte = bytes[at++] ?? 0;
    length += (byte & ~MORE) * 2 ** shift;
  }
  return at + length === bytes.length ? bytes.subarray(at) : undefined;
};

const chunkMessage = (chunk: Buffer): Buffer => {
  const head = [TAG];
  let rest = chunk.length;
  for (; rest >= MORE; rest = Math.floor(rest / MORE)) head.push((rest % MORE) | MORE);
  head.push(rest);
  const message = Buffer.allocUnsafe(head.length + chunk.length);
  message.set(head);
  message.set(chunk, head.length);
  return message;
};
