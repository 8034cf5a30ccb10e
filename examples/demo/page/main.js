import { onFile } from '../../shared/choose-files.js';
import { showAbout } from './about.js';
import { upload } from './upload.js';

onFile(upload);
void showAbout();
