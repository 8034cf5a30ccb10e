import axios from 'axios';
import type { Part } from '../../support/client.ts';
import { nodeForm, webForm } from './form-data.ts';
import type { Send } from './send.ts';

const withForm =
  (encode: (parts: readonly Part[]) => unknown): Send =>
  async (url, parts) => {
    const { status, data } = await axios.post<string>(url, encode(parts), {
      responseType: 'text',
      validateStatus: () => true,
    });
    return { status, text: data };
  };

export const axiosWithWebForm = withForm((parts) => webForm(parts, new FormData()));
export const axiosWithFormData = withForm(nodeForm);
