<?php

namespace App\Controller;

use App\Entity\User;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Routing\Attribute\Route;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\UsernamePasswordToken;

class WelcomeController extends AbstractController
{
    #[Route('/welcome/{token}', name: 'welcome')]
    public function welcome(User $user, TokenStorageInterface $tokens): Response
    {
        $tokens->setToken(new UsernamePasswordToken($user, 'main', $user->getRoles())); // expect: regenerate-login

        return $this->redirectToRoute('home');
    }
}
