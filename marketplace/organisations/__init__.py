"""HR firms (人力资源服务机构) and client enterprises: identity, licences, verification, members and roles. One organisation per 统一社会信用代码."""
