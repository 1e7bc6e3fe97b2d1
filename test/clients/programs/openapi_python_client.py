import json
import sys
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from mini_social_feed_client import AuthenticatedClient, Client
from mini_social_feed_client.api.auth import login, register
from mini_social_feed_client.api.posts import create_post, create_post_with_picture, get_post, get_posts
from mini_social_feed_client.api.users import update_me, update_me_with_picture
from mini_social_feed_client.models import (
    Image,
    Login,
    Me,
    NewPicturePost,
    NewPost,
    Post,
    PostPage,
    Problem,
    ProfilePictureUpdate,
    ProfileUpdate,
    Registration,
    Session,
)
from mini_social_feed_client.types import File

base_url, username, password, path = sys.argv[1:]
T = TypeVar("T")


def a(kind: type[T], answer: object) -> T:
    assert isinstance(answer, kind), answer
    return answer


def picture() -> File:
    return File(payload=BytesIO(Path(path).read_bytes()), file_name="tea.jpg", mime_type="image/jpeg")


anonymous = Client(base_url=base_url)
registration = Registration(username=username, email=f"{username}@example.com", password=password)
a(Session, register.sync(client=anonymous, body=registration))
session = a(Session, login.sync(client=anonymous, body=Login(username=username, password=password)))
client = AuthenticatedClient(base_url=base_url, token=session.access_token)

text = a(Post, create_post.sync(client=client, body=NewPost(content="Hello", title=None)))
pictured = a(
    Post, create_post_with_picture.sync(client=client, body=NewPicturePost(image=picture(), content="Look"))
)
image = a(Image, pictured.image)
page = a(PostPage, get_posts.sync(client=client, author=username, limit=10))
refused = a(Problem, get_post.sync(session.user.id, client=client))

a(Me, update_me_with_picture.sync(client=client, body=ProfilePictureUpdate(avatar=picture())))
kept = a(Me, update_me.sync(client=client, body=ProfileUpdate(bio="I count on engines.")))
removed = a(Me, update_me.sync(client=client, body=ProfileUpdate(avatar=None)))
outcome = {
    "signedIn": session.user.username,
    "text": text.content,
    "picture": [image.width, image.height],
    "listed": [post.content for post in page.items],
    "refused": str(refused.code),
    "keptAvatar": kept.avatar_url is not None,
    "removedAvatar": removed.avatar_url is None,
}
print(json.dumps(outcome))
