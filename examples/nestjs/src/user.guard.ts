import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';

/** A request that has passed {@link UserGuard}. */
export interface UserRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user: string;
}

/** Stands for your sign-in: the user is whoever the `x-user` header says. */
@Injectable()
export class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const user = request.headers['x-user'];
    if (!user) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}

/** The user who is signed in. */
export const User: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<UserRequest>().user,
);
