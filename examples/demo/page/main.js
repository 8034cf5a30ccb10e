import { onFile } from '../../shared/choose-files.js';
import { showService } from './service.js';
import { upload } from './upload.js';

onFile(upload);
void showService(document.querySelector('#service'));
