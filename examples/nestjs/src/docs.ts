import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves Swagger UI at `/docs`. Its "Authorize" asks for the user that {@link UserGuard} requires. */
export function serveDocs(app: INestApplication): void {
  const about = new DocumentBuilder()
    .setTitle('Gallery')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-user' }, 'user')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, about));
}
