// Where tus keeps which uploads are under way (its UrlStorage), so that a reload goes on with them: in the memory of a
// computer that is everybody's, or of one's own (common.js).
import { memory } from "./common.js";

const PREFIX = "tongke:upload:";
const all = () => Object.keys(memory).filter((key) => key.startsWith(PREFIX))
  .map((key) => ({ ...JSON.parse(memory.getItem(key)), urlStorageKey: key }));

export const uploads = {
  findAllUploads: async () => all(),
  findUploadsByFingerprint: async (fingerprint) => all().filter((one) => one.fingerprint === fingerprint),
  removeUpload: async (key) => memory.removeItem(key),
  addUpload: async (fingerprint, upload) => {
    const key = `${PREFIX}${Date.now()}-${Math.random().toString(36).slice(2)}`;
    memory.setItem(key, JSON.stringify({ ...upload, fingerprint }));
    return key;
  },
};
