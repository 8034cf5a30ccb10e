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

/** Replace this by your sign-in: here the user is the value of the `x-user` header. */
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

/** The signed-in user. */
export const User: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<UserRequest>().user,
);
